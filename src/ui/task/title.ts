/** What a task is called here; a plug-in's by its own title. */
export const titleOf = (
  { name, title }: { readonly name: string; readonly title: string },
  titles: Readonly<Record<string, string>>,
): string => titles[name] ?? title;
