# One image for api, worker and migrate. The lock file's hashes decide what gets in.
FROM python:3.11-slim-bookworm AS build
RUN python -m pip install --no-cache-dir uv==0.13.9
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /build
RUN python -m venv --without-pip /opt/munadi
COPY pyproject.toml requirements.lock ./
RUN uv pip install --no-cache --python /opt/munadi/bin/python --verify-hashes \
        --constraint requirements.lock --requirements pyproject.toml --extra server --extra s3
COPY README.md LICENSE ./
COPY munadi munadi
COPY workflows workflows
COPY activities activities
COPY api api
COPY worker worker
COPY docs docs
RUN uv pip install --no-cache --python /opt/munadi/bin/python --no-deps .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin munadi \
    && install -d -o munadi -g munadi -m 0750 /data
COPY --from=build /opt/munadi /opt/munadi
ENV PATH=/opt/munadi/bin:$PATH PYTHONUNBUFFERED=1 MUNADI_DATA_DIR=/data MUNADI_ENVIRONMENT=production
WORKDIR /data
USER munadi
EXPOSE 8080
ENTRYPOINT ["munadi"]
CMD ["api"]
