// Finds accounts among many, by a part of their name, handle or network. A group without a match is hidden.

const field = document.getElementById("find-account");

function find() {
  const wanted = field.value.trim().toLowerCase();
  let found = 0;
  for (const group of document.querySelectorAll("[data-group]")) {
    let here = 0;
    for (const row of group.querySelectorAll("[data-words]")) {
      row.hidden = !row.dataset.words.includes(wanted);
      here += !row.hidden;
    }
    group.hidden = here === 0;
    found += here;
  }
  document.getElementById("no-account-found").hidden = found > 0;
}

field.addEventListener("input", find);
document.addEventListener("refreshed", find);
