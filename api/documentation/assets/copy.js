// A button at each example that copies it. Without scripts, or without the right to the clipboard, there is none.
if (navigator.clipboard) {
  for (const example of document.querySelectorAll('article pre')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = 'Copy'
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText((example.querySelector('code') ?? example).textContent)
      button.textContent = 'Copied'
      setTimeout(() => { button.textContent = 'Copy' }, 2000)
    })
    const frame = document.createElement('div')
    frame.className = 'example'
    example.replaceWith(frame)
    frame.append(example, button)
  }
}
