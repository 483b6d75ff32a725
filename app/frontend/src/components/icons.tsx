interface Props {
  readonly path: string;
}

function Icon({ path }: Props) {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export const PencilIcon = () => <Icon path="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" />;
export const BinIcon = () => <Icon path="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5" />;
