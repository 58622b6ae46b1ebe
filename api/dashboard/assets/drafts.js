// The draft of the form: saved while a person writes, and submitted as the post.

import { api, meta, newKey, written } from "./app.js";
import { _ } from "./language.js";

const QUIET = 2_000; // milliseconds without a change before it is saved
// What the form fills in beside its texts. A draft may have more, which a save leaves as it is.
const FORM = ["media", "channels", "scheduledAt", "slot", "timezone", "fold", "publishBy", "withdrawAt"];

/** Keeps the body that `read` returns. The form has fields for its `texts`. `say` shows how that went. */
export class Draft {
  constructor(stored, { texts, read, say }) {
    this.texts = texts;
    this.fields = [...FORM, ...texts];
    this.stored = stored; // as the API returned it last, or null
    this.read = read;
    this.say = say;
    this.saved = stored ? "" : null; // the text of the body that is saved; "" until the form was filled in
    this.saving = Promise.resolve();
    this.waiting = 0;
    this.isPaused = false;
    this.key = newKey();
  }

  /**
   * What the form holds is what is saved: call it after the form was filled in from the draft. A copy of a post is
   * worth a draft only once a person changes it, or asks for one. `isKept`: it holds what a person wrote before.
   */
  begin({ isCopy = false, isKept = false } = {}) {
    if (isKept) this.soon();
    else if (this.stored || isCopy) this.saved = JSON.stringify(this.read());
    addEventListener("pagehide", () => this.saveOnLeaving());
  }

  /** Save after a pause in typing, if there is something to keep. */
  soon() {
    clearTimeout(this.waiting);
    if (this.isPaused) return;
    this.waiting = setTimeout(() => this.save(), QUIET);
  }

  /** While the post is submitted, nothing is saved by itself: a draft of it could be submitted, too. */
  pause() {
    clearTimeout(this.waiting);
    this.isPaused = true;
  }

  /** The post was refused: what a person changes is saved again. */
  resume() {
    this.isPaused = false;
    this.soon();
  }

  /** Save now, one after the other. Returns whether everything is saved. */
  save({ always = false } = {}) {
    clearTimeout(this.waiting);
    this.saving = this.saving.then(() => this.#save(always));
    return this.saving;
  }

  /** Submit the draft, with everything saved before. Throws Problem. */
  async submit(key) {
    if (!(await this.save())) throw this.problem;
    const path = `/v1/drafts/${this.stored.id}/submit`;
    return api("POST", path, undefined, { "Idempotency-Key": key, "If-Match": `"${this.stored.version}"` });
  }

  /** It became a series: delete it. One that is gone already is no trouble. */
  async discard() {
    this.end();
    try {
      if (this.stored) await api("DELETE", this.#path);
    } catch (error) {
      if (error.status !== 404) throw error;
    }
  }

  /** Nothing is saved any more: the post is accepted. */
  end() {
    clearTimeout(this.waiting);
    this.ended = true;
  }

  async #save(always) {
    const body = this.read();
    const text = JSON.stringify(body);
    const isSaved = text === this.saved && (this.stored || !always);
    if (this.ended || isSaved || (!always && !this.stored && this.#isEmpty(body))) return true;
    this.say(_("Saving…"));
    try {
      this.stored = this.stored ? await this.#change(body) : await this.#create(body);
    } catch (error) {
      this.problem = error;
      this.say(_("Not saved as a draft. %(problem)s", { problem: error.message }));
      return false;
    }
    this.saved = text;
    const at = written(new Date(), undefined, { hour: "2-digit", minute: "2-digit" });
    this.say(_("Draft saved at %(time)s.", { time: at }));
    return true;
  }

  async #create(body) {
    const made = await api("POST", "/v1/drafts", body, { "Idempotency-Key": this.key });
    this.key = newKey();
    const address = new URL(location);
    address.searchParams.delete("copy");
    address.searchParams.set("draft", made.id);
    address.searchParams.set("brandRef", made.brandRef);
    history.replaceState(null, "", address); // loading the page again continues here
    return made;
  }

  async #change(body) {
    try {
      return await api("PATCH", this.#path, this.#changesOf(body), { "If-Match": `"${this.stored.version}"` });
    } catch (error) {
      if (error.status !== 412 && error.status !== 404) throw error;
      const now = error.status === 412 ? await api("GET", this.#path) : null;
      // The answer to the same change may have been lost on its way.
      if (now && this.fields.every((name) => sorted(now.content[name]) === sorted(body[name]))) return now;
      // Someone else changed or deleted it: both versions are kept.
      return this.#create(body);
    }
  }

  /** Only what a person wrote is worth a draft: chosen accounts and a time alone are not. */
  #isEmpty(body) {
    const own = (channel) => channel.text || channel.media?.length || channel.parts?.length || channel.firstComment;
    return !this.texts.some((name) => body[name]) && !body.media?.length && !body.channels.some(own);
  }

  get #path() {
    return `/v1/drafts/${this.stored.id}`;
  }

  /** Absent fields of a change stay as they are, so what the form no longer has is null. */
  #changesOf(body) {
    return { ...Object.fromEntries(this.fields.map((name) => [name, null])), ...body };
  }

  /** The page is closed: one request that outlives it. */
  saveOnLeaving() {
    const body = this.read();
    if (this.ended || JSON.stringify(body) === this.saved || (!this.stored && this.#isEmpty(body))) return;
    const headers = { "Content-Type": "application/json", "X-CSRF-Token": meta("csrf") };
    const [method, path, sent] = this.stored ? ["PATCH", this.#path, this.#changesOf(body)] : ["POST", "/v1/drafts", body];
    if (this.stored) headers["If-Match"] = `"${this.stored.version}"`;
    else headers["Idempotency-Key"] = this.key;
    // Whether it arrived cannot be shown any more.
    void fetch(path, { method, headers, body: JSON.stringify(sent), keepalive: true });
  }
}

/** JSON whose names are in order: a database may store them in another one. */
function sorted(value) {
  const isObject = (one) => one && typeof one === "object" && !Array.isArray(one);
  return JSON.stringify(value, (_, one) => (isObject(one) ? Object.fromEntries(Object.entries(one).sort()) : one));
}
