/**
 * A PHP literal for any text: the only way a value gets into PHP code that we write. Single quotes know two escapes
 * and interpolate nothing. Bytes that would end a line or hide are kept as they are: inside quotes they mean nothing.
 */
export const phpString = (text: string): string =>
  `'${text.replaceAll('\0', '').replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export const phpList = (texts: readonly string[]): string => `[${texts.map(phpString).join(', ')}]`;

/** Files of ours say so at their top; anything else was somebody's before us. */
export const writtenByAegir = '// Written by Aegir.';
