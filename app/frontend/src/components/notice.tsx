import type { Failure } from "@/todos/failure";

interface Props {
  readonly failure: Failure;
  /** A button that helps, where there is one. */
  readonly remedy?: { readonly label: string; readonly act: () => void } | undefined;
}

/** Says what did not succeed and what to do about it. */
export function Notice({ failure, remedy }: Props) {
  return (
    <div className="notice" role="alert">
      <p>
        <strong>{failure.message}</strong> {failure.advice}
      </p>
      {remedy && (
        <button type="button" onClick={remedy.act}>
          {remedy.label}
        </button>
      )}
    </div>
  );
}
