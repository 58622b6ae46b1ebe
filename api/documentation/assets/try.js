// "Try it": sends the form as a real request to this installation, and shows its answer.
import { commandOf, missing, requestOf } from './request.js'

const KEPT = 'munadi-api-key'
const form = document.querySelector('#try-it')
const key = form.querySelector('#key')
const wrong = form.querySelector('.wrong')
const answer = document.querySelector('#answer')

const show = () => { form.querySelector('#command').textContent = commandOf(requestOf(form)) }

function complain(words, field) {
  wrong.textContent = words
  wrong.hidden = !words
  for (const each of form.elements) each.removeAttribute('aria-invalid')
  if (!field) return
  field.setAttribute('aria-invalid', 'true')
  field.focus()
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

async function showAnswer(response, milliseconds) {
  const title = answer.querySelector('#answer-title')
  const text = await response.text()
  title.textContent = `${response.status} ${response.statusText}`.trim() + ` in ${milliseconds} ms`
  title.className = response.ok ? 'fine' : 'bad'
  answer.querySelector('#answer-headers').textContent = [...response.headers].map(pair => pair.join(': ')).join('\n')
  answer.querySelector('#answer-body').textContent = readable(text) || '(no body)'
  answer.hidden = false
  title.focus()
}

async function send(event) {
  event.preventDefault()
  const field = key && !key.value.trim() ? key : missing(form)
  if (field) return complain(`Fill in ${form.querySelector(`label[for="${field.id}"]`).textContent.trim()}.`, field)
  complain('')
  if (key) sessionStorage.setItem(KEPT, key.value.trim())
  const button = form.querySelector('[type=submit]')
  button.setAttribute('aria-busy', 'true')
  const { url, file: _file, ...options } = requestOf(form)
  const began = performance.now()
  try {
    const response = await fetch(url, { ...options, credentials: 'omit' })
    await showAnswer(response, Math.round(performance.now() - began))
  } catch (error) {
    complain(`The request could not be sent, or its answer was lost: ${error.message}`)
  } finally {
    button.removeAttribute('aria-busy')
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy)
  const said = button.parentElement.querySelector('[role=status]')
  try {
    await navigator.clipboard.writeText(source.textContent)
    said.textContent = 'Copied.'
  } catch {
    // A browser without a clipboard for this address: the text is selected, so that one key copies it.
    getSelection().selectAllChildren(source)
    said.textContent = 'Selected. Copy it with your keyboard.'
  }
}

if (key) key.value = sessionStorage.getItem(KEPT) ?? ''
form.addEventListener('submit', send)
form.addEventListener('input', show)
form.querySelector('#example')?.addEventListener('change', event => {
  form.querySelector('#body').value = event.target.value
  show()
})
form.querySelector('[data-forget]')?.addEventListener('click', () => {
  sessionStorage.removeItem(KEPT)
  key.value = ''
  show()
})
for (const button of document.querySelectorAll('[data-copy]')) button.addEventListener('click', () => copy(button))
show()
