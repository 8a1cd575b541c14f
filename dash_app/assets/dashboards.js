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

  // ---- cards: what the server answers is put in here, and `ready` is said when it is drawn

  const CONFIG = {
    displayModeBar: false, displaylogo: false, showSendToCloud: false, responsive: true, topojsonURL: '/assets/topojson/',
  };
  const SIGNS = { up: '▲', down: '▼', flat: '■' };
  const card = (node) => node.closest('[data-card]');
  const cardOf = (id) => document.querySelector(`[data-card="${CSS.escape(id)}"]`);
  const plot = (root) => root.querySelector('.js-plotly-plot');
  const setState = (root, state) => { if (root.dataset.state !== state) root.dataset.state = state; };
  // A card comes as an empty section; its markup stands in the page once, as a template.
  const dress = (root) => {
    const { title, about, report, grain, kind, height, csv, scope, more } = root.dataset;
    const frame = root.querySelector('.card-frame');
    if (frame.firstChild) return;
    const made = document.getElementById('card-frame').content.cloneNode(true);
    const find = (selector) => made.querySelector(selector);
    find('h2').textContent = title;
    find('h2').id = `title-${root.dataset.card}`;
    find('.about-text').textContent = about;
    find('code').textContent = report;
    find('.about-grain').textContent = grain;
    all('[data-name]', made).forEach((node) => node.setAttribute('aria-label', `${node.dataset.name}: ${title}`));
    find('[data-role=csv]').setAttribute('href', csv);
    if (more) find('.tool-more').dataset.page = more;
    else find('.tool-more').remove();
    find('.card-body').style.minHeight = `${height}px`;
    if (kind === 'figure') find('.card-drawing').style.height = `${height}px`;
    if (kind === 'table') {
      root.querySelector('.card-rows').style.height = `${height}px`;
      window.customerTable.restore(root);
    } else find('.card-columns').remove();
    if (kind !== 'figure') find('[data-role=png]').remove();
    if (kind === 'tiles' || kind === 'table') find('[data-role=table]').remove();
    if (scope === 'value') find('.card-scope').remove();
    frame.append(made);
    lead(root);
    root.setAttribute('aria-labelledby', `title-${root.dataset.card}`);
  };
  const wait = () => all('[data-card]').forEach((root) => setState(root, 'loading'));
  // A minus stays with its amount: browsers would break a line between it and a currency.
  const whole = (text) => text.replace(/−(?=\D)/g, '−\u2060');
  const fill = (root, selector, text) => { root.querySelector(selector).textContent = whole(text); };

  // Text goes in as text: nothing that the server sends is taken for markup.
  const element = (tag, className, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.textContent = whole(text);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  };
  const number = (value, opens, report) => (
    opens ? [element('a', 'opens', value, { href: window.cardOpening.address(report, ...opens) })] : [whole(value)]
  );
  const tile = ({ label, value, change, trend, is_good: isGood, spark, title, opens }, report) => {
    const made = element('div', 'tile', '');
    const changed = element('p', `tile-change tile-${{ true: 'good', false: 'bad' }[isGood] || 'plain'}`, '');
    if (change && SIGNS[trend]) changed.append(element('span', 'tile-sign', SIGNS[trend], { 'aria-hidden': 'true' }));
    if (change) changed.append(whole(change));
    const shown = element('p', 'tile-value', '', title ? { title } : {});
    shown.append(...number(value, opens, report));
    made.append(element('p', 'tile-label', label), shown, changed);
    if (spark) made.append(element('img', 'tile-spark', '', { src: spark, alt: '' }));
    return made;
  };
  /* A line breaks between words alone: not behind the hyphens of an option. */
  const commandLine = (command) => {
    const line = element('code', '', '');
    command.split(' ').forEach((word, index) => line.append(index ? ' ' : '', element('span', '', word)));
    return line;
  };
  const message = ({ title, text, command, link }) => {
    const parts = [element('p', 'message-title', title), element('p', '', text)];
    if (command) parts.push(commandLine(command));
    if (link) parts.push(element('a', 'message-link', link[0], { href: link[1] }));
    return parts;
  };

  const plotly = () => new Promise((resolve) => {
    const look = () => (window.Plotly ? resolve(window.Plotly) : setTimeout(look, 10));
    look();
  });
  const plots = new Set();
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target, contentRect }) => {
    const size = target._fullLayout;
    if (size && contentRect.width && Math.abs(size.width - contentRect.width) > 1) window.Plotly.Plots.resize(target);
  }));
  const draw = async (target, figure) => {
    const { react } = await plotly();
    // As high as its rows, where it has one for each of many names.
    const { height } = figure.layout.meta || {};
    if (height) [target.style.height, target.parentNode.style.minHeight] = [`${height}px`, `${height}px`];
    await react(target, { ...figure, config: CONFIG });
    window.cardOpening.watch(target);
    if (!plots.has(target)) { plots.add(target); sizes.observe(target); }
  };
  const forget = () => plots.forEach((target) => {
    if (target.isConnected) return;
    sizes.unobserve(target);
    window.Plotly.purge(target);
    plots.delete(target);
  });

  // One chart after the other, so that the browser can show each as soon as it is there.
  let queue = Promise.resolve();
  const drawn = (root, answer) => {
    const isCurrent = () => root.isConnected && root.dataset.answer === answer.token;
    queue = queue.then(() => isCurrent() && draw(root.querySelector('.card-drawing'), answer.figure))
      .then(() => isCurrent() && setState(root, 'ready'))
      .catch((error) => {
        if (!isCurrent()) return; // its page is gone: nobody misses it
        console.error(error);
        setState(root, 'error');
      });
  };
  // The grid says nothing when its first rows are there: it is asked.
  const filled = (root, answer) => {
    if (!root.isConnected || root.dataset.answer !== answer.token) return;
    if (root.querySelector('.ag-row:not(.ag-row-loading), .ag-overlay-no-rows-center')) setState(root, 'ready');
    else setTimeout(filled, 40, root, answer);
  };

  const show = (root, answer) => {
    const { kind, table } = root.dataset;
    dress(root);
    root.dataset.answer = answer.token;
    fill(root, '.card-reading', answer.reading);
    fill(root, '.card-note', answer.note);
    root.querySelector('.message').replaceChildren(...(answer.message ? message(answer.message) : []));
    if (table === 'true') ask(root, true);
    if (answer.verdict !== 'ready') { setState(root, answer.verdict); return; }
    if (kind === 'figure') {
      const drawing = root.querySelector('.card-drawing');
      drawing.setAttribute('role', answer.figure.layout.map ? 'group' : 'img'); // a map can be moved
      drawing.setAttribute('aria-label', `${root.dataset.title}: ${answer.reading}`);
      drawn(root, answer);
    }
    if (kind === 'table') {
      // The rows are of another list now: the grid does not know.
      if (root.dataset.query !== undefined && root.dataset.query !== shownQuery) {
        window.dash_ag_grid.getApi({ card: root.dataset.card, part: 'grid' }).purgeInfiniteCache();
      }
      root.dataset.query = shownQuery;
      filled(root, answer);
    }
    if (kind === 'list') {
      root.querySelector('.card-drawing').replaceChildren(...window.cardList(answer.listing, root.dataset));
      setState(root, 'ready');
    }
    if (kind === 'tiles') {
      root.querySelector('.card-drawing').replaceChildren(...answer.tiles.map((one) => tile(one, root.dataset.report)));
      setState(root, 'ready');
    }
  };

  const ask = (root, isOpen) => {
    root.dataset.table = isOpen;
    root.querySelector('[data-role=table]').setAttribute('aria-pressed', isOpen);
    if (isOpen) window.dash_clientside.set_props({ card: root.dataset.card, part: 'ask' }, { data: Date.now() });
  };

  const fileName = (root) => {
    const { date, dimension } = document.getElementById('main').dataset;
    return [root.dataset.report, date, dimension === 'main' ? '' : dimension].filter(Boolean).join('_');
  };
  const savePicture = (root) => {
    const picture = plot(root);
    const style = getComputedStyle(root);
    const top = ((picture.layout.margin || {}).t || 20) + 44;
    const title = { text: root.querySelector('h2').textContent.replace(/[<>&]/g, ''), x: 0, xref: 'container', y: 1, yref: 'container',
      yanchor: 'top', pad: { t: 14, l: 12 }, font: { size: 17, color: style.color } };
    const layout = { ...picture.layout, title, paper_bgcolor: style.backgroundColor, margin: { ...picture.layout.margin, t: top } };
    const size = { width: Math.max(picture.offsetWidth, 480), height: picture.offsetHeight + 44 };
    window.Plotly.downloadImage({ data: picture.data, layout }, { ...size, format: 'png', scale: 2, filename: fileName(root) });
  };

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-role], .card-retry, .step-off, .skip, .message-link');
    if (!button) { closeAbouts(event.target); return; }
    if (button.dataset.role === 'logout') logOut();
    if (button.dataset.role === 'png') savePicture(card(button));
    if (button.dataset.role === 'table') ask(card(button), card(button).dataset.table !== 'true');
    if (button.dataset.role === 'csv') button.setAttribute('href', button.getAttribute('href').split('?')[0] + window.customerTable.narrowed(card(button), shownQuery));
    if (button.classList.contains('message-link')) {
      event.preventDefault();
      window.dash_clientside.set_props('url', { search: button.getAttribute('href') });
    }
    if (button.classList.contains('card-retry')) {
      setState(card(button), 'loading');
      window.dash_clientside.set_props({ card: card(button).dataset.card, part: 'tries' }, { data: Date.now() });
    }
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
  let turn = null;
  let shownQuery = '';
  let last = null;
  /* What an address says that every page understands. */
  const shared = ({ date, compare, dimension }, more = []) => {
    const parts = [];
    if (date) parts.push(`date=${date}`);
    if (compare) parts.push(`compare=${compare}`);
    if (dimension !== 'main') parts.push(`dimension=${encodeURIComponent(dimension).replaceAll('%3D', '=')}`);
    parts.push(...more);
    return parts.length ? `?${parts.join('&')}` : '';
  };
  const kept = () => Object.entries((last || {}).kept || {}).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const query = (shown) => shared(shown, [...window.pageFilters.query(), ...kept()]);
  const lead = (root) => last && all('.tool-more', root)
    .forEach((node) => node.setAttribute('href', node.dataset.page + shared({ ...last, date: last.asked })));

  window.pageFilters.watch(() => {
    const search = query({ ...last, date: last.asked });
    window.dash_clientside.set_props('url', { search });
  });

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
      last = shown;
      turn = shown.turn;
      window.pageFilters.show(shown.controls);
      shownQuery = shown.query;
      document.title = `${shown.title} · CA Platform`;
      if (route !== null && route !== shown.route) {
        window.scrollTo(0, 0);
        document.getElementById('heading').focus({ preventScroll: true });
      }
      lead(document);
      requestAnimationFrame(() => all('[data-card]').forEach(dress));
      queue = queue.then(forget); // never while one is being drawn
      route = shown.route;
      return unchanged();
    },

    /* A card's answer has come; one to an older question is not shown. */
    show: (answer, { card: id }) => {
      const root = cardOf(id);
      if (answer && root && (turn === null || answer.token.startsWith(`${turn} `))) show(root, answer);
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
