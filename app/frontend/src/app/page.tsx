import { TodoApp } from "@/components/todo-app";

export default function Home() {
  return (
    <>
      <h1>Todos</h1>
      <noscript>
        <p className="notice">This page needs JavaScript. Allow it for this site and reload the page.</p>
      </noscript>
      <TodoApp />
    </>
  );
}
