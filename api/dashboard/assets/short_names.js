// The short name of a brand follows its name, until a person writes one.

/** Follow what is typed into forms with a `name` and a `ref`. */
export function followNames() {
  document.addEventListener("input", ({ target }) => {
    const ref = target.form?.elements.ref;
    if (target === ref) ref.toggleAttribute("data-written", ref.value !== "");
    else if (ref && target.name === "name" && !ref.hasAttribute("data-written")) ref.value = shortNameOf(target.value);
  });
}

/** A name as a ref: “Café Nº 7” is `cafe-no-7`. Empty for a name in another script. */
function shortNameOf(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+/, "").slice(0, 63).replace(/-+$/, "");
}
