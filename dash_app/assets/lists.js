/* The rows of a card of kind "list": a table with bars. Text goes in as text, never as markup. */
(() => {
  const made = (tag, className, text, attributes = {}) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    node.textContent = text;
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    return node;
  };
  const percent = (part) => `${Math.round(1000 * Math.min(Math.max(part, 0), 1)) / 10}%`;

  const shownOf = ({ text, title, opens, chooses, leads }, report) => {
    const said = title ? { title } : {};
    const { address, choice } = window.cardOpening;
    if (opens) return made('a', 'opens', text, { ...said, href: address(report, ...opens) });
    if (leads) return made('a', 'opens', text, { ...said, href: leads });
    if (!chooses) return made('span', '', text, said);
    const [name, value] = chooses;
    return made('a', 'opens', text, { ...said, href: choice(name, value), 'data-choice': name, 'data-value': value });
  };

  const kindOf = ({ is_number: isNumber, is_long: isLong }) => (isNumber ? 'list-number' : isLong ? 'list-text list-long' : 'list-text');
  const cell = (one, head, isFirst, report) => {
    const { bar, mark } = one;
    const role = isFirst ? { scope: 'row', role: 'rowheader' } : { role: 'cell' };
    const node = made(isFirst ? 'th' : 'td', kindOf(head), '', { 'data-head': head.text, ...role });
    const shown = shownOf(one, report);
    if (bar === null) { if (one.text) node.append(shown); return node; }
    const track = made('span', 'list-track', '', { 'aria-hidden': 'true' });
    const length = made('span', 'list-bar', '');
    length.style.width = percent(bar);
    track.append(length);
    if (mark !== null) {
      const line = made('span', 'list-mark', '');
      line.style.left = percent(mark);
      track.append(line);
    }
    const both = made('span', 'list-with-bar', '');
    both.append(track, shown);
    node.append(both);
    return node;
  };

  // More columns than that, or sentences, have no room beside each other on a phone: the style sets them below each other.
  const MOST_BESIDE = 3;
  const isWide = (heads) => heads.length > MOST_BESIDE || heads.some((head) => head.is_long);

  // The roles are those of the elements, which browsers forget where the style takes a table apart.
  window.cardList = ({ heads, rows, note }, { title, report }) => {
    const head = made('tr', '', '', { role: 'row' });
    head.append(...heads.map((one) => made('th', kindOf(one), one.text, { scope: 'col', role: 'columnheader' })));
    const body = made('tbody', '', '', { role: 'rowgroup' });
    body.append(...rows.map((row) => {
      const line = made('tr', '', '', { role: 'row' });
      line.append(...row.map((one, index) => cell(one, heads[index], index === 0, report)));
      return line;
    }));
    const table = made('table', isWide(heads) ? 'list list-stacks' : 'list', '', { role: 'table' });
    const top = made('thead', '', '', { role: 'rowgroup' });
    top.append(head);
    table.append(made('caption', 'list-caption', title), top, body);
    // Reachable by keyboard where it is wider than the card.
    const frame = made('div', 'list-frame', '', { tabindex: '0', role: 'region', 'aria-label': title });
    frame.append(table);
    return [made('p', 'list-note', note), frame];
  };
})();
