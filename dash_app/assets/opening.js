/* From a number to whom it counts: a click on a mark of a chart, a link in a card's table. */
(() => {
  const ROUTE = '/customers';
  const text = (value) => (Array.isArray(value) ? JSON.stringify(value) : String(value ?? ''));
  const main = () => document.getElementById('main').dataset;

  /* The address of the list behind one number of a report. An empty key is none: it stands for no value. */
  const address = (report, column, key) => {
    const { date, dimension } = main();
    const parts = [['date', date], ['dimension', dimension === 'main' ? '' : dimension], ['report', report], ['count', column],
      ...Object.entries(key).map(([name, value]) => [`key.${name}`, text(value)])];
    const written = parts.filter(([, value]) => value !== '').map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${ROUTE}?${written.join('&').replace(/(dimension=[^&]*?)%3D/, '$1=')}`;
  };
  const go = (href) => {
    const [pathname, search] = href.split('?');
    window.dash_clientside.set_props('url', { pathname, search: search ? `?${search}` : '' });
  };

  /* The address of the page with one more choice made. */
  const choice = (name, value) => {
    const asked = new URLSearchParams(window.location.search);
    asked.set(name, value);
    return `?${String(asked).replaceAll('+', '%20')}`;
  };
  /* What was chosen stands elsewhere: in the card named after the choice, or else in the first one about one item. */
  const toOpened = (name) => {
    const node = document.querySelector(`[data-card$="-${CSS.escape(name)}"]`) || document.querySelector('[data-card$="-opened"]');
    if (node) node.scrollIntoView({ block: 'start', behavior: 'instant' });
  };
  const choose = (name, value) => {
    window.dash_clientside.set_props('url', { search: choice(name, value) });
    toOpened(name);
  };

  // ---- charts

  /* Thousands of keys are sent as the bytes of numbers. */
  const typed = ({ bdata }) => new Float64Array(Uint8Array.from(atob(bdata), (letter) => letter.charCodeAt(0)).buffer);
  const day = (value) => (/^\d{4}-\d\d-\d\d/.test(value) ? String(value).slice(0, 10) : value);
  const read = (place, point) => {
    const number = point.pointNumber;
    if ('is' in place) return place.is;
    if (place.x) return day(point.x);
    if (place.y) return day(point.y);
    if (place.row) return place.row[number[0]];
    if (place.column) return place.column[number[1]];
    if (place.number) return typed(place.number)[number];
    return place.point[number];
  };
  /* A band of a flow knows its trace by another name; where bands meet there is no number. */
  const trace = (point) => point.data || point.trace || point.fullData || {};
  const meta = (point) => (!point.sourceLinks && trace(point).meta) || {};
  const opens = (point) => meta(point).opens || meta(point).chooses;
  const isEmpty = (point) => (point.z ?? point.y ?? point.x) === null;
  const distance = (box, event, area) => {
    if (!box) return 0;
    const [x, y] = [event.clientX - area.left, event.clientY - area.top];
    const away = (low, value, high) => Math.max(low - value, value - high, 0);
    return Math.hypot(away(Math.min(box.x0, box.x1), x, Math.max(box.x0, box.x1)), away(Math.min(box.y0, box.y1), y, Math.max(box.y0, box.y1)));
  };
  /* Of the marks that plotly found, the one under the pointer. */
  const chosen = (points, event, target) => {
    const area = target.getBoundingClientRect();
    const able = (points || []).filter((point) => opens(point) && !isEmpty(point));
    return able.map((point) => [event ? distance(point.bbox, event, area) : 0, point])
      .sort(([one], [other]) => one - other).map(([, point]) => point)[0];
  };
  const watched = new WeakSet();
  const watch = (target) => {
    if (watched.has(target)) return;
    watched.add(target);
    const { report } = target.closest('[data-card]').dataset;
    target.on('plotly_hover', ({ points }) => target.classList.toggle('opens-here', points.some((point) => opens(point) && !isEmpty(point))));
    target.on('plotly_unhover', () => target.classList.remove('opens-here'));
    target.on('plotly_click', ({ points, event }) => {
      const point = chosen(points, event, target);
      if (!point) return;
      const { opens: { column, key } = {}, chooses } = meta(point);
      if (chooses) choose(chooses.name, chooses.x ? day(point.x) : [point.pointNumber].flat().reduce((values, place) => values[place], chooses.values));
      else go(address(report, column, Object.fromEntries(Object.entries(key).map(([name, place]) => [name, read(place, point)]))));
    });
  };

  // ---- tables: the number is a link, which the keyboard reaches

  const link = (props) => {
    const { report, column, names, only } = props;
    const shown = props.valueFormatted ?? props.value;
    const fits = Object.entries(only).every(([name, values]) => values.includes(props.data[name]));
    if (!props.value || !fits) return window.React.createElement('span', {}, shown);
    const key = Object.fromEntries(names.map((name) => [name, props.data[name]]));
    return window.React.createElement('a', { className: 'opens', href: address(report, column, key) }, shown);
  };
  window.dashAgGridComponentFunctions = { ...window.dashAgGridComponentFunctions, OpensNumber: link };

  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  document.addEventListener('click', (event) => {
    const node = event.target.closest('a.opens');
    if (!node || !isPlain(event)) return;
    event.preventDefault();
    if (node.dataset.choice) choose(node.dataset.choice, node.dataset.value);
    else go(node.getAttribute('href'));
  }, true);
  // In the grid the arrow keys move from cell to cell: Enter follows the link of the one that has the focus.
  document.addEventListener('keydown', (event) => {
    const node = event.key === 'Enter' && event.target.closest('.ag-cell') && event.target.querySelector('a.opens');
    if (node) go(node.getAttribute('href'));
  });

  window.cardOpening = { watch, address, choice };
})();
