// The list of operations, shortened to what fits the words typed.
const form = document.querySelector('[data-filter]')
const field = form.querySelector('input')
const said = form.querySelector('[role=status]')

function filter() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean)
  let count = 0
  for (const group of document.querySelectorAll('[data-group]')) {
    let here = 0
    for (const entry of group.querySelectorAll('[data-words]')) {
      const fits = words.every(word => entry.dataset.words.includes(word))
      entry.hidden = !fits
      here += fits ? 1 : 0
    }
    group.hidden = !here
    count += here
  }
  said.textContent = words.length ? `${count} ${count === 1 ? 'operation' : 'operations'}` : ''
}

field.addEventListener('input', filter)
form.addEventListener('submit', event => event.preventDefault())
filter()
