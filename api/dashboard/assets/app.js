// Every page loads this: actions, times and live updates. Scripts of single pages import from here:
//   import { api, Problem, showProblem, refresh, say } from "./app.js";

import { watchActions } from "./actions.js";
import { watchBrand } from "./brand.js";
import { watchDetails } from "./details.js";
import { follow } from "./live.js";
import { watchMenu } from "./menu.js";
import { watchForms } from "./morph.js";
import { localize, offerZones } from "./times.js";

export { fieldsOf, readers, showProblem } from "./actions.js";
export { api, meta, newKey, Problem } from "./api.js";
export { refresh, say } from "./live.js";
export { away, comesTwice, instantOf, localize, written } from "./times.js";

// Relative times must be updated.
const TICK = 30_000;

localize(document);
setInterval(() => localize(document), TICK);
offerZones();
watchForms();
watchActions();
watchDetails();
watchBrand();
watchMenu();
follow();
