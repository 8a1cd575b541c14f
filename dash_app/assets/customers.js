/* Tables of customers and orders: which columns are shown, what their file has, and everything about one customer. */
(() => {
  const made = (tag, attributes, ...inside) => {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => { node[name] = value; });
    node.append(...inside);
    return node;
  };
  const identity = (root) => ({ card: root.dataset.card, part: 'grid' });
  const title = (column) => column.getColDef().headerName;

  // ---- columns: as the reader left them, in this browser

  const place = (root) => `ca-columns-${root.dataset.card}`;
  const kept = (root) => { try { return JSON.parse(localStorage.getItem(place(root))); } catch { return null; } };
  const keep = (root, api) => {
    const shown = api.getColumns().map((column) => [column.getColId(), column.isVisible()]);
    try { localStorage.setItem(place(root), JSON.stringify(Object.fromEntries(shown))); } catch { /* not allowed here: for this page then */ }
  };
  const restore = async (root) => {
    const choice = kept(root);
    if (!choice || typeof choice !== 'object') return;
    const api = await window.dash_ag_grid.getApiAsync(identity(root));
    api.applyColumnState({ state: Object.entries(choice).map(([colId, isShown]) => ({ colId, hide: isShown !== true })) });
  };
  const option = (root, api, column) => {
    const box = made('input', { type: 'checkbox', checked: column.isVisible() });
    box.addEventListener('change', () => {
      api.setColumnsVisible([column.getColId()], box.checked);
      keep(root, api);
    });
    return made('label', { title: column.getColDef().headerTooltip }, box, made('span', { textContent: title(column) }));
  };
  document.addEventListener('toggle', ({ target }) => {
    if (!target.open || !target.matches('.card-columns')) return;
    const root = target.closest('[data-card]');
    const api = window.dash_ag_grid.getApi(identity(root));
    const options = api.getColumns().filter((column) => column.getColId() !== 'client').map((column) => option(root, api, column));
    target.querySelector('.columns').replaceChildren(made('legend', { textContent: 'Columns' }), ...options);
  }, true);

  // ---- one customer: what the row has, shown or not

  const NOTHING = '–';
  const REASONS = 'recommendation_reasons';
  const listed = (name, values, data) => {
    const reasons = name === 'recommendations' ? data[REASONS] || [] : [];
    return made('ol', {}, ...values.map((text, index) => (
      made('li', {}, text, ...(reasons[index] ? [made('small', { textContent: reasons[index] })] : []))
    )));
  };
  const figure = (api, node, column) => {
    const { field, headerTooltip } = column.getColDef();
    const value = node.data[field];
    const text = api.getCellValue({ rowNode: node, colKey: column, useFormatter: true });
    const shown = Array.isArray(value) && value.length ? listed(field, value, node.data) : String(text ?? '') || NOTHING;
    const meaning = headerTooltip ? [made('small', { textContent: headerTooltip })] : [];
    return [made('dt', {}, title(column), ...meaning), made('dd', {}, shown)];
  };
  const open = (api, node, opener) => {
    const columns = api.getColumns().filter((column) => !['client', REASONS].includes(column.getColId()));
    const close = made('button', { type: 'submit', className: 'customer-close', textContent: 'Close' });
    const name = made('h2', { id: 'customer-name', textContent: node.data.client });
    const said = made('dl', {}, ...columns.flatMap((column) => figure(api, node, column)));
    // Reachable by keyboard, since it is longer than the window.
    const frame = made('div', { tabIndex: 0, role: 'region', ariaLabel: 'What is known' }, said);
    const dialog = made('dialog', { className: 'customer' }, made('form', { method: 'dialog' }, name, close), frame);
    dialog.setAttribute('aria-labelledby', 'customer-name');
    dialog.addEventListener('click', ({ target }) => { if (target === dialog) dialog.close(); });
    dialog.addEventListener('close', () => { dialog.remove(); opener.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  };
  const button = ({ api, node, value }) => {
    if (value === undefined || value === null) return window.React.createElement('span', {}, '');
    const onClick = ({ currentTarget }) => open(api, node, currentTarget);
    const label = { title: 'Everything about this customer', 'aria-haspopup': 'dialog' };
    return window.React.createElement('button', { type: 'button', className: 'opens-customer', onClick, ...label }, value);
  };
  window.dashAgGridComponentFunctions = { ...window.dashAgGridComponentFunctions, OpensCustomer: button };
  // In the grid the arrow keys move from cell to cell: Enter presses the name in the one that has the focus.
  document.addEventListener('keydown', (event) => {
    const node = event.key === 'Enter' && event.target.matches('.ag-cell') && event.target.querySelector('.opens-customer');
    if (!node) return;
    event.preventDefault(); // or it presses the button on which the focus is then
    node.click();
  });

  /* The query of the page with the filters of its table: a file has the rows that stand there. */
  const narrowed = (root, query) => {
    const api = root.dataset.kind === 'table' && window.dash_ag_grid.getApi(identity(root));
    const model = JSON.stringify((api && api.getFilterModel()) || {});
    return model === '{}' ? query : `${query}${query ? '&' : '?'}filter=${encodeURIComponent(model)}`;
  };

  window.customerTable = { restore, narrowed };
})();
