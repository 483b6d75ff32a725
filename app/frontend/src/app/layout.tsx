import type { Metadata, Viewport } from "next";
import { connection } from "next/server";
import type { ReactNode } from "react";
import "./globals.css";

export const metadata: Metadata = { title: "Todos", description: "What there is to do" };
export const viewport: Viewport = { colorScheme: "light dark" };

/** The frame of each page. It is rendered for each request, because its scripts carry that request's nonce. */
export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  await connection();
  return (
    <html lang="en">
      <body>
        <main>{children}</main>
      </body>
    </html>
  );
}
