type Props = { title: string };

export const Panel: React.FC<Props> = ({ title }) => {
  return <section className="panel">{title}</section>;
};

export function Row<T>(props: { item: T }): JSX.Element {
  return <li>{String(props.item)}</li>;
}
