/* Before the first paint: the scheme that was chosen, else the browser's. Mantine keeps the choice under this key. */
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem('mantine-color-scheme-value'); } catch (error) { /* no storage: the browser's */ }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.mantineColorScheme = dark ? 'dark' : 'light';
})();
