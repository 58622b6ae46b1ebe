// Replaces the feed when it changed, and shows times as "3 min ago". Polls only while the page is visible.
const feed = document.getElementById("feed");
const PERIOD = 2000;
let shown = null;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const STEPS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [Infinity, "day", 86400]];

function showTimes() {
  for (const time of feed.querySelectorAll("time")) {
    const then = new Date(time.dateTime);
    const age = Math.max(0, (Date.now() - then) / 1000);
    const [, unit, size] = STEPS.find(([limit]) => age < limit);
    time.textContent = relative.format(-Math.floor(age / size), unit);
    time.title = then.toLocaleString();
  }
}

function busy() {
  return [...feed.querySelectorAll("video")].some((video) => !video.paused) || feed.contains(document.activeElement);
}

async function refresh() {
  if (document.hidden || busy()) return;
  try {
    const response = await fetch("/fragment" + location.search);
    if (!response.ok) return;
    const html = await response.text();
    if (shown !== null && html !== shown) feed.innerHTML = html;
    shown = html;
    showTimes();
  } catch {
    // The sandbox does not answer; the next poll retries.
  }
}

showTimes();
refresh();
setInterval(refresh, PERIOD);
document.addEventListener("visibilitychange", refresh);
