# One image for api, worker and migrate. The hashes of the lock files decide what gets in, uv included, and nothing is built;
# scripts/setup.sh installs it, as without containers. To decide on the base image too, name it by digest: docs/guides/production.md.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE} AS build
ENV UV_LINK_MODE=copy UV_NO_CACHE=1
WORKDIR /opt/munadi
COPY scripts/setup.sh scripts/
COPY requirements-uv.lock requirements-server.lock ./
RUN scripts/setup.sh server && rm -rf .cache
COPY munadi munadi
COPY workflows workflows
COPY activities activities
COPY api api
COPY worker worker
COPY docs docs
RUN .venv/bin/python -m compileall -q munadi workflows activities api worker

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin munadi \
    && install -d -o munadi -g munadi -m 0750 /data
COPY --from=build /opt/munadi /opt/munadi
ENV PATH=/opt/munadi/.venv/bin:$PATH PYTHONUNBUFFERED=1 MUNADI_DATA_DIR=/data MUNADI_ENVIRONMENT=production
WORKDIR /data
USER munadi
EXPOSE 8080
ENTRYPOINT ["munadi"]
CMD ["api"]
