// Runs before anything is painted, so that nobody who works in the dark is blinded. Reads what Mantine keeps.
const kept = localStorage.getItem('mantine-color-scheme-value');
const isDark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light');
