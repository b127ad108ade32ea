/** Light or dark: the system's choice until the reader makes another. */
const system = matchMedia('(prefers-color-scheme: dark)');

export function startTheme(button) {
  function draw() {
    const isDark = chosen() === 'dark';
    document.documentElement.dataset.theme = chosen();
    button.textContent = isDark ? '☀' : '☾';
    button.setAttribute('aria-label', isDark ? 'Change to light' : 'Change to dark');
  }
  button.addEventListener('click', () => {
    localStorage.setItem('theme', chosen() === 'dark' ? 'light' : 'dark');
    draw();
  });
  system.addEventListener('change', draw);
  draw();
}

function chosen() {
  return localStorage.getItem('theme') ?? (system.matches ? 'dark' : 'light');
}
