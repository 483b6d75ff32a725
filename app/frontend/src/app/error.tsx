"use client";

import { Notice } from "@/components/notice";
import { broken } from "@/todos/failure";

interface Props {
  readonly reset: () => void;
}

/** Shown in place of a page that could not be rendered. */
export default function ErrorPage({ reset }: Props) {
  return (
    <>
      <h1>Todos</h1>
      <Notice failure={broken(null)} remedy={{ label: "Try again", act: reset }} />
    </>
  );
}
