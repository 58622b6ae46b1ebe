// Saves the form into the post that it was opened from: what the post says by PATCH, its time by a reschedule. Both name
// the version that was opened, so that nobody's change is replaced unseen.

import { api, newKey, Problem } from "./app.js";
import { _ } from "./language.js";
import { instantOf } from "./times.js";

const SHARED = ["text", "media", "link", "metadata"];
const OWN = ["text", "media", "link", "firstComment", "parts", "options"];
const TIMES = ["scheduledAt", "timezone", "fold", "publishBy"];
const DAY = 86_400_000;

export class Editing {
  /** `opened`: {id, version, content} of the page; `read` returns the body of the form. */
  constructor(opened, read) {
    this.id = opened.id;
    this.match = `"${opened.version}"`;
    this.read = read;
  }

  /** Call it once the form is filled in: what it holds now is what is stored, unless `stored` has that. */
  begin(stored = null) {
    this.stored = stored ?? this.read();
    addEventListener("beforeunload", (event) => {
      if (!this.isDone && this.isChanged) event.preventDefault();
    });
  }

  get isChanged() {
    return JSON.stringify(this.read()) !== JSON.stringify(this.stored);
  }

  /** Store everything that changed. Throws Problem. */
  async save() {
    const body = this.read();
    const steps = [() => this.#edit(body), () => this.#move(body)];
    // Never the old words at a time that is new, nor the new words at a time that is not meant.
    if (body.scheduledAt > this.stored.scheduledAt) steps.reverse();
    for (const step of steps) await step();
    this.isDone = true;
    return { id: this.id };
  }

  /** Store the time alone. Throws Problem. Returns whether there was a new one. */
  async move() {
    return this.#move(this.read());
  }

  async #edit(body) {
    const changes = this.#changesOf(body);
    if (JSON.stringify(changes) === JSON.stringify(this.#changesOf(this.stored))) return;
    await this.#send("PATCH", `/v1/contents/${this.id}`, changes);
    this.stored = { ...body, ...Object.fromEntries(TIMES.map((name) => [name, this.stored[name]])) };
  }

  async #move(body) {
    const timesOf = (from) => JSON.stringify(TIMES.map((name) => from[name] ?? null));
    if (timesOf(body) === timesOf(this.stored)) return false;
    const sent = Object.fromEntries(TIMES.filter((name) => body[name]).map((name) => [name, body[name]]));
    // A time that a person removed is the default again, which a request cannot name otherwise.
    if (this.stored.publishBy && !body.publishBy) sent.publishBy = dayAfter(body.scheduledAt);
    if (sent.publishBy === this.stored.publishBy) delete sent.publishBy; // an explicit one stays as it is
    await this.#send("POST", `/v1/contents/${this.id}/reschedule`, sent, { "Idempotency-Key": newKey() });
    for (const name of TIMES) this.stored[name] = body[name];
    return true;
  }

  async #send(method, path, body, headers = {}) {
    try {
      const { version } = await api(method, path, body, { ...headers, "If-Match": this.match });
      this.match = `"${version}"`;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412 || !error.etag) throw error;
      this.match = error.etag;
      error.message = _("Someone else changed this post in the meantime. Your text is still here. Save again to replace their change.");
      error.isOwn = true;
      throw error;
    }
  }

  /** Absent fields of an edit stay as they are, so what the form no longer has is null. */
  #changesOf(body) {
    const changes = { ...empty(SHARED), channels: body.channels.map((each) => ({ ...empty(OWN), ...each })) };
    for (const name of SHARED) if (body[name]) changes[name] = body[name];
    // It needs a permission of its own, so it is only sent when it changes.
    if (body.withdrawAt !== this.stored.withdrawAt) changes.withdrawAt = body.withdrawAt ? instantIn(body.withdrawAt, body.timezone) : null;
    return changes;
  }
}

const empty = (names) => Object.fromEntries(names.map((name) => [name, null]));

/** What is no time zone is left to the API, which refuses it. */
function instantIn(local, zone) {
  try {
    return instantOf(local, zone);
  } catch {
    return local;
  }
}

function dayAfter(local) {
  return new Date(Date.parse(`${local}Z`) + DAY).toISOString().slice(0, 16);
}
