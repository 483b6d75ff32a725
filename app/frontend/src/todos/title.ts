const MAX_LENGTH = 200;

/** What is wrong with a title and what to do about it, or `undefined` when the backend will take it. */
export function titleProblem(title: string): string | undefined {
  const length = [...title.trim()].length;
  if (length === 0) {
    return "Write what there is to do first.";
  }
  if (length > MAX_LENGTH) {
    return `Shorten this: it has ${length} characters, and ${MAX_LENGTH} are allowed.`;
  }
  return undefined;
}
