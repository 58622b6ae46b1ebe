// From the form of an operation to a request, and to the same request as a command. Nothing is sent here.

const lines = text => text.split('\n').map(line => line.trim()).filter(Boolean)

/** The values of one field as they are sent: pairs of name and value. A field that is left empty sends nothing. */
function pairs(field) {
  if (field.type === 'file') return []
  const { name } = field
  if ('names' in field.dataset) {
    return lines(field.value).map(line => {
      const [inner, ...rest] = line.split('=')
      return [`${name}[${inner.trim()}]`, rest.join('=').trim()]
    })
  }
  if ('several' in field.dataset) return lines(field.value).map(value => [name, value])
  const value = field.value.trim()
  return value ? [[name, value]] : []
}

const fields = (form, place) => [...form.querySelectorAll(`[data-in="${place}"]`)]

/** { method, url, headers, body, file }: body a text, or a FormData when a file is chosen. */
export function requestOf(form) {
  let path = form.dataset.path
  for (const field of fields(form, 'path')) {
    if (field.value.trim()) path = path.replace(`{${field.name}}`, encodeURIComponent(field.value.trim()))
  }
  const query = new URLSearchParams(fields(form, 'query').flatMap(pairs)).toString()
  const headers = Object.fromEntries(fields(form, 'header').flatMap(pairs))
  const key = form.querySelector('#key')?.value.trim()
  if (key) headers.Authorization = `Bearer ${key}`
  const request = { method: form.dataset.method, url: path + (query && `?${query}`), headers, body: null, file: null }
  const [file] = fields(form, 'form').flatMap(field => [...(field.files ?? [])])
  const text = form.querySelector('#body')?.value.trim()
  if (file) {
    request.file = file
    request.body = new FormData()
    for (const [name, value] of fields(form, 'form').flatMap(pairs)) request.body.append(name, value)
    request.body.append('file', file)
  } else if (text) {
    headers['Content-Type'] = 'application/json'
    request.body = text
  }
  return request
}

/** The field that must be filled in and is not; undefined if there is none. */
export const missing = form => [...form.querySelectorAll('[required]')].find(field => !field.value.trim())

const quoted = text => `'${text.replaceAll("'", `'\\''`)}'`

/** The request for a shell. The key is a variable, so that the command can be passed on. */
export function commandOf(request) {
  const parts = [`curl -X ${request.method} ${quoted(location.origin + request.url)}`]
  for (const [name, value] of Object.entries(request.headers)) {
    parts.push(name === 'Authorization' ? '-H "Authorization: Bearer $MUNADI_API_KEY"' : `-H ${quoted(`${name}: ${value}`)}`)
  }
  if (request.file) {
    for (const [name, value] of request.body) {
      parts.push(`-F ${quoted(`${name}=${value instanceof File ? `@${value.name}` : value}`)}`)
    }
  } else if (request.body) parts.push(`--data ${quoted(request.body)}`)
  return parts.join(' \\\n  ')
}
