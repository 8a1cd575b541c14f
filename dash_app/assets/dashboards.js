/* What the browser does by itself: the address from the controls, the states of the cards, pictures, logging out. */
(() => {
  const unchanged = () => window.dash_clientside.no_update;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- the session: over as soon as the server says 401

  const toLogin = () => location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  const fetched = window.fetch;
  window.fetch = async (...request) => {
    const answer = await fetched(...request);
    if (answer.status !== 401) return answer;
    toLogin();
    return new Promise(() => {}); // the page is going away: nobody has to handle this answer
  };
  const token = () => (document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/) || [])[1] || '';
  const logOut = () => fetched('/logout', { method: 'POST', headers: { 'X-CSRFToken': token() } })
    .then(() => location.assign('/login'));

  // ---- cards: `ready` as soon as the figure that was promised is drawn

  const PENDING = 'dash-graph--pending';
  const card = (node) => node.closest('[data-card]');
  const plot = (root) => root.querySelector('.card-graph .js-plotly-plot');
  const setState = (root, state) => { if (root.dataset.state !== state) root.dataset.state = state; };

  const settle = (root, isDrawn) => {
    const { verdict, answer, kind } = root.dataset;
    if (!verdict || !answer) return;
    if (verdict !== 'ready' || kind === 'tiles') { setState(root, verdict); return; }
    if (kind === 'table') { settleTable(root, answer); return; }
    const drawn = plot(root);
    const shows = drawn && drawn.layout && drawn.layout.datarevision === answer;
    if (shows && (isDrawn || !drawn.classList.contains(PENDING))) setState(root, 'ready');
  };
  // The grid says nothing when its first rows are there: it is asked.
  const settleTable = (root, answer) => {
    if (!root.isConnected || root.dataset.answer !== answer) return;
    if (root.querySelector('.ag-row:not(.ag-row-loading), .ag-overlay-no-rows-center')) setState(root, 'ready');
    else setTimeout(settleTable, 40, root, answer);
  };
  const wait = () => all('[data-card]').forEach((root) => setState(root, 'loading'));

  // dcc.Graph takes its pending class away when the figure is drawn, and may add it again at once to fit the size.
  const observer = new MutationObserver((records) => {
    for (const { target, attributeName, oldValue } of records) {
      const root = target.closest && card(target);
      if (!root) continue;
      if (attributeName !== 'class') settle(root, false);
      else if (target.classList.contains('js-plotly-plot')) settle(root, (oldValue || '').includes(PENDING));
    }
  });
  observer.observe(document.documentElement, {
    subtree: true, attributes: true, attributeOldValue: true, attributeFilter: ['class', 'data-answer', 'data-verdict'],
  });

  const fileName = (root) => {
    const { date, dimension } = document.getElementById('main').dataset;
    return [root.dataset.report, date, dimension === 'main' ? '' : dimension].filter(Boolean).join('_');
  };
  const savePicture = (root) => {
    const drawn = plot(root);
    const style = getComputedStyle(root);
    const top = ((drawn.layout.margin || {}).t || 20) + 44;
    const title = { text: root.querySelector('h2').textContent.replace(/[<>&]/g, ''), x: 0, xref: 'container', y: 1, yref: 'container',
      yanchor: 'top', pad: { t: 14, l: 12 }, font: { size: 17, color: style.color } };
    const layout = { ...drawn.layout, title, paper_bgcolor: style.backgroundColor, margin: { ...drawn.layout.margin, t: top } };
    const size = { width: Math.max(drawn.offsetWidth, 480), height: drawn.offsetHeight + 44 };
    window.Plotly.downloadImage({ data: drawn.data, layout }, { ...size, format: 'png', scale: 2, filename: fileName(root) });
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-role], .card-retry, .step-off, .skip');
    if (!button) { closeAbouts(event.target); return; }
    if (button.dataset.role === 'logout') logOut();
    if (button.dataset.role === 'png') savePicture(card(button));
    if (button.classList.contains('card-retry')) setState(card(button), 'loading');
    if (button.classList.contains('step-off')) { event.preventDefault(); event.stopPropagation(); }
    if (button.classList.contains('skip')) { event.preventDefault(); document.getElementById('main').focus(); }
  }, true);

  const closeAbouts = (target) => all('.card-about[open]').forEach((about) => { about.open = about.contains(target); });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') closeAbouts(null); });

  // ---- light or dark: the attribute that Mantine keeps is the truth, whoever changes it

  const scheme = () => (document.documentElement.dataset.mantineColorScheme === 'dark' ? 'dark' : 'light');
  let known = null;
  const follow = () => {
    document.documentElement.dataset.agThemeMode = scheme();
    if (known === null || known === scheme()) return;
    known = scheme();
    window.dash_clientside.set_props('scheme', { data: known });
  };
  new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });

  // ---- callbacks without a server

  let route = null;
  const query = ({ date, compare, dimension }) => {
    const parts = [];
    if (date) parts.push(`date=${date}`);
    if (compare) parts.push(`compare=${compare}`);
    if (dimension !== 'main') parts.push(`dimension=${encodeURIComponent(dimension).replaceAll('%3D', '=')}`);
    return parts.length ? `?${parts.join('&')}` : '';
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.dashboards = {
    /* The address that the controls ask for; nothing while they show what is shown already. */
    choose: (day, compare, name, value, shown) => {
      if (!shown || !shown.route) return unchanged();
      const ofName = typeof value === 'string' && value.startsWith(`${name}=`);
      const dimension = name === 'main' ? 'main' : ofName ? value : shown.dimension;
      const earlier = compare && day && compare < day ? compare : '';
      const same = (day || '') === shown.date && (compare || '') === shown.compare && dimension === shown.dimension;
      if (same) return unchanged();
      return query({ date: (day || '') === shown.date ? shown.asked : day, compare: earlier, dimension });
    },

    /* The values of the dimension that is chosen. */
    offer: (name, values, shown) => {
      const value = shown && shown.dimension.startsWith(`${name}=`) ? shown.dimension : null;
      return [(values || {})[name] || [], value, { display: name === 'main' ? 'none' : 'block' }];
    },

    /* The place has changed: the cards wait for their answers, the title and the focus follow. */
    arrived: (shown) => {
      if (!shown) return unchanged();
      wait();
      document.title = `${shown.title} · CA Platform`;
      if (route !== null && route !== shown.route) {
        window.scrollTo(0, 0);
        document.getElementById('heading').focus({ preventScroll: true });
      }
      route = shown.route;
      return unchanged();
    },

    /* The scheme at the start; afterwards `follow` tells. */
    scheme: () => {
      follow();
      known = scheme();
      return known;
    },

    /* The navigation of a small screen: the burger opens it, a new place closes it. */
    unfold: (opened, shown, navbar) => {
      const byPlace = window.dash_clientside.callback_context.triggered_id === 'shown';
      const open = !byPlace && opened;
      return [{ ...navbar, collapsed: { mobile: !open } }, open];
    },
  };
})();
