import Link from "next/link";

export default function NotFound() {
  return (
    <>
      <h1>Nothing here</h1>
      <p>
        There is no page at this address. <Link href="/">Go to your todos</Link>
      </p>
    </>
  );
}
