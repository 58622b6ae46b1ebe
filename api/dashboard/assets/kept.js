// What was written in a form whose session has ended, until the same page opens after the sign-in.

const KEPT = "munadi-compose";
const here = () => location.pathname + location.search;

/** Keep `written` for this page. */
export function keep(written) {
  sessionStorage.setItem(KEPT, JSON.stringify({ at: here(), ...written }));
}

/** What was kept for this page, once; null without it. */
export function takeKept() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  return kept?.at === here() ? kept : null;
}
