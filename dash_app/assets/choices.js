/* The choices of a page: native controls, so that keyboard, phone and screen reader know them. Loaded before dashboards.js. */
(() => {
  const SEGMENTS = 4; // more choices than that become a list that unfolds
  const strip = () => document.getElementById('filters');
  const fields = () => [...strip().querySelectorAll('[data-filter]')];
  const made = (tag, attributes, ...inside) => {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => { node[name] = value; });
    node.append(...inside);
    return node;
  };

  const radios = ({ name, label, choices }) => made('fieldset', { className: 'filter' },
    made('legend', { textContent: label }),
    made('div', { className: 'segments' }, ...choices.map(({ value, label: text }) => made('label', {},
      made('input', { type: 'radio', name: `filter-${name}`, value }), made('span', { textContent: text })))));
  // An option is known by its place: any text can be a value, and none is one too.
  const list = ({ name, label, choices }) => made('div', { className: 'filter' },
    made('label', { htmlFor: `filter-${name}`, textContent: label }),
    made('select', { id: `filter-${name}` }, ...choices.map(({ label: text }) => made('option', { textContent: text }))));

  const build = (controls) => controls.map((control) => {
    const node = control.choices.length > SEGMENTS || control.is_long ? list(control) : radios(control);
    node.dataset.filter = control.name;
    node.control = control;
    return node;
  });
  const places = (node) => [...node.querySelectorAll('option, input')];
  const value = (node) => {
    const place = places(node).findIndex((one) => one.selected || one.checked);
    return place < 0 ? node.control.standard : node.control.choices[place].value;
  };
  const choose = (node, wanted) => places(node).forEach((one, place) => {
    const isChosen = node.control.choices[place].value === wanted;
    if (one.type === 'radio') one.checked = isChosen;
    else one.selected = isChosen;
  });

  const query = () => fields().filter((node) => value(node) !== node.control.standard)
    .map((node) => `${node.dataset.filter}=${encodeURIComponent(value(node))}`);

  let built = '';
  window.pageFilters = {
    /* Offers the choices of a page and shows what is chosen; what is there already stays, and with it the focus. */
    show: (controls) => {
      const shape = JSON.stringify(controls.map(({ value: _, ...rest }) => rest));
      if (shape !== built) strip().replaceChildren(...build(controls));
      built = shape;
      fields().forEach((node, index) => choose(node, controls[index].value));
      strip().dataset.shown = query().join('&');
    },
    /* The parts of an address for what is chosen and not the default. */
    query,
    watch: (changed) => document.addEventListener('change', ({ target }) => {
      if (target.closest('#filters')) changed();
    }),
  };
})();
