/** A program for PHP's standard input; `$aegir` holds the input. The first line names it, which is how a simulated PHP tells them apart. */
export function phpScript(name: string, input: object, text: string): string {
  // Base64 has no character that could end the quotes.
  const data = Buffer.from(JSON.stringify(input)).toString('base64');
  return `<?php // aegir: ${name}\n$aegir = json_decode(base64_decode('${data}'), true);\n${text.replace(/^<\?php\n/, '')}`;
}

/** The way back: what a script was asked, or null for a text that is none of ours. */
export function readScript(text: string): { readonly script: string; readonly input: unknown } | null {
  const found =
    /^<\?php \/\/ aegir: ([a-z ]+)\n\$aegir = json_decode\(base64_decode\('([A-Za-z0-9+/=]*)'\), true\);/.exec(text);
  if (!found) return null;
  return { script: found[1] ?? '', input: JSON.parse(Buffer.from(found[2] ?? '', 'base64').toString()) };
}
