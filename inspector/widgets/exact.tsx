interface ExactProps {
  class?: string;
  /** The same with all digits; nothing where it says no more. */
  exact: string | undefined;
  title?: string | undefined;
  children: string;
}

/** A text that is shorter than what it stands for: pointed at and copied, it is exact. */
export function Exact({ class: name, exact, title, children }: ExactProps) {
  const other = exact !== undefined && exact !== children ? exact : undefined;
  return (
    <span class={name} title={other === undefined ? title : title ? `${title}: ${other}` : other} data-exact={other}>
      {children}
    </span>
  );
}
