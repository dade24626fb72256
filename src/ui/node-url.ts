/** What model/host-name.ts takes from node:url, as a browser has it: vite.config.ts puts this in its place. */
export function domainToASCII(domain: string): string {
  try {
    return new URL(`http://${domain}`).hostname;
  } catch {
    return ''; // As Node.js answers for what is no domain.
  }
}
