import type { Failure } from "@/todos/failure";
import { Notice } from "./notice";

interface Props {
  readonly failure: Failure | undefined;
  readonly onReload: () => void;
}

/** The notice of a failed change; it offers to reload where the list may no longer be what is stored. */
export function ActionNotice({ failure, onReload }: Props) {
  return (
    failure && (
      <Notice failure={failure} remedy={failure.listMayBeStale ? { label: "Reload list", act: onReload } : undefined} />
    )
  );
}
