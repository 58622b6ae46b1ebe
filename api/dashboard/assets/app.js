// Every page loads this: actions, local times and live updates. Scripts of single pages import from here:
//   import { api, Problem, showProblem, refresh, say } from "./app.js";

import { watchActions } from "./actions.js";
import { watchBrand } from "./brand.js";
import { watchDetails } from "./details.js";
import { follow } from "./live.js";
import { watchForms } from "./morph.js";
import { localize, offerZones, zone } from "./times.js";

export { fieldsOf, showProblem } from "./actions.js";
export { api, meta, newKey, Problem } from "./api.js";
export { refresh, say } from "./live.js";
export { away, localize, zone } from "./times.js";

// Relative times must be updated.
const TICK = 30_000;

const zoneNote = document.getElementById("zone");
if (zoneNote) zoneNote.textContent = `Times are in ${zone()}.`;
localize(document);
setInterval(() => localize(document), TICK);
offerZones();
document.querySelector(".top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
watchForms();
watchActions();
watchDetails();
watchBrand();
follow();
