/** Words in the name of what is given in an address that say it lets one in. */
const tells = /key|token|pass|pwd|secret|auth|code|hash|sig|nonce|session|sid|otp|login|jwt|ticket/i;

/** What programs draw by chance: long, and of digits and letters in both sizes, or of hexadecimal digits. */
export const isDrawn = (text: string): boolean =>
  text.length >= 20 &&
  (/^[0-9a-f-]+$/i.test(text) ? /\d/.test(text) : /\d/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text));

const hidden = '•••';

/**
 * A line of a log with dots in place of what could let its reader in: values in the query strings of addresses that are
 * called like a secret or look drawn by chance, and parts of paths that do (Drupal's login links: /user/reset/1/…/…).
 */
export const maskUrls = (line: string): string =>
  line
    .replace(/([?&;])([^=&;\s"?]+)=([^&;\s"]*)/g, (whole, mark: string, name: string, value: string) =>
      value !== '' && (tells.test(name) || isDrawn(value)) ? `${mark}${name}=${hidden}` : whole,
    )
    .replace(/(?<=\/)[\w-]{20,}(?=[/?\s"]|$)/g, (part) => (isDrawn(part) ? hidden : part));
