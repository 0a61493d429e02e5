"""The fictional outlets of the standard newsroom. Data only; `outlet_types.py` says what each field means."""

from __future__ import annotations

from newsroom.outlet_types import DEAD, FeedSpec, Outlet, StrayEntry

OUTLETS: tuple[Outlet, ...] = (
    Outlet(
        key="meridian",
        title="Meridian Wire",
        tagline="News as it is filed",
        kind="agency",
        language="en",
        country="CH",
        template="agency.html",
        article_path="/story/{slug}",
        sections=("wire",),
        feeds=(FeedSpec(path="/rss/all.xml", title="Meridian Wire", format="rss2", carries="full"),),
        robots="User-agent: *\nAllow: /\n",
    ),
    Outlet(
        key="courier",
        title="The Harbour Courier",
        tagline="Independent since 1871",
        kind="newspaper",
        language="en",
        country="GB",
        template="newspaper.html",
        article_path="/news/{slug}-{number}",
        sections=("world", "politics", "business"),
        feeds=(
            FeedSpec(
                path="/feeds/world.rss",
                title="The Harbour Courier: World",
                format="rss2",
                carries="summary",
                section="world",
                stray=(
                    StrayEntry(
                        title="Harbour dues to be reviewed after shippers' complaint",
                        link="/news/harbour-dues-review-100404",
                        summary="The port authority is to look again at what it charges smaller vessels.",
                        age_hours=31,
                    ),
                    StrayEntry(
                        title="Lisbon expels two Belarusian embassy officers for spying",
                        link="/news/lisbon-expels-two-belarusian-embassy-officers-518822",
                        summary=(
                            "Portugal has declared two intelligence officers at the embassy of Belarus personae non "
                            "gratae and given the diplomats five days to leave. The foreign ministry says that the "
                            "pair, listed as second secretaries, spied on a naval yard. Minsk has promised to expel "
                            "Portuguese diplomats in return."
                        ),
                        age_hours=19,
                        labels=("expulsion",),
                    ),
                ),
            ),
            FeedSpec(
                path="/feeds/politics.rss",
                title="The Harbour Courier: Politics",
                format="rss2",
                carries="summary",
                section="politics",
                tracking="utm_source=rss&utm_medium=feed&utm_campaign=politics",
            ),
            FeedSpec(
                path="/feeds/business.rss",
                title="The Harbour Courier: Business",
                format="rss2",
                carries="summary",
                section="business",
                etag=False,
            ),
        ),
    ),
    Outlet(
        key="vantage",
        title="Daily Vantage",
        tagline="The whole town is talking",
        kind="newspaper",
        language="en",
        country="IE",
        template="tabloid.html",
        article_path="/{section}/{number}/{slug}.html",
        sections=("news", "city"),
        feeds=(
            FeedSpec(
                path="/rss/news.xml",
                title="Daily Vantage News",
                format="rss2",
                carries="title",
                section="news",
                same_guid="vantage-news-item",
            ),
            FeedSpec(
                path="/rss/city.xml", title="Daily Vantage City", format="rss2", carries="summary", section="city"
            ),
            FeedSpec(
                path="/rss/sport.xml", title="Daily Vantage Sport", format="rss2", carries="title", section="sport"
            ),
        ),
    ),
    Outlet(
        key="karvelia",
        title="Ministry of the Interior of Karvelia",
        tagline="Press and public relations directorate",
        kind="government",
        language="en",
        country="",
        template="ministry.html",
        article_path="/press/release?id={number}",
        sections=("releases",),
        feeds=(
            FeedSpec(
                path="/press/index.rdf",
                title="Ministry of the Interior: press releases",
                format="rss1",
                carries="title",
                last_modified=False,
            ),
        ),
        # All outlets share one host, which so waits at each request: hence a pause that is hardly one.
        robots="User-agent: *\nCrawl-delay: 0.01\nDisallow: /intern/\n",
    ),
    Outlet(
        key="sidewalks",
        title="Ciphers & Sidewalks",
        tagline="Notes on secret services, kept by an archivist",
        kind="blog",
        language="en",
        country="CA",
        template="blog.html",
        article_path="/posts/{slug}/",
        sections=("notes",),
        feeds=(FeedSpec(path="/feed/atom/", title="Ciphers & Sidewalks", format="atom", carries="full"),),
    ),
    Outlet(
        key="farsight",
        title="The Farsight Review",
        tagline="Long reading for short weekends",
        kind="magazine",
        language="en",
        country="US",
        template="magazine.html",
        article_path="/essays/{slug}",
        sections=("essays",),
        feeds=(
            FeedSpec(
                path="/feeds/essays.xml",
                listed_as="/rss",
                title="The Farsight Review",
                format="rss2",
                carries="summary",
                stray=(
                    StrayEntry(
                        title="The orchestra that rehearses in a salt mine",
                        link="/members/the-orchestra-in-the-salt-mine",
                        summary=(
                            "Two hundred metres down, where the air is dry enough for the wood, forty amateurs have "
                            "spent a winter learning how slowly a note may end."
                        ),
                        age_hours=58,
                    ),
                ),
            ),
        ),
    ),
    Outlet(
        key="envoy",
        title="Envoy Watch",
        tagline="Who was sent home, and why",
        kind="blog",
        language="en",
        country="NL",
        template="tagpage.html",
        article_path="/entry/{slug}/",
        sections=("expulsions",),
        feeds=(FeedSpec(path="/feed.xml", title="Envoy Watch", format="rss2", carries="summary"),),
        tag_page="/tag/expulsions/",
    ),
    Outlet(
        key="northlight",
        title="Northlight Television",
        tagline="Watch. Listen. Understand.",
        kind="broadcaster",
        language="en",
        country="GB",
        template="broadcaster.html",
        article_path="/n/{number}/{slug}",
        sections=("world", "weekend"),
        feeds=(
            FeedSpec(
                path="/api/world.json",
                title="Northlight World",
                format="json",
                carries="summary",
                section="world",
                stray=(
                    StrayEntry(
                        title="Storm Hedda: the day minute by minute",
                        link="/live/storm-hedda",
                        summary="Everything that viewers and reporters sent us, in the order it came in.",
                        age_hours=20,
                    ),
                    StrayEntry(
                        title="Island radio plays one song for a week",
                        link="/n/430117/island-radio-plays-one-song-for-a-week",
                        summary=(
                            "The only presenter went on honeymoon and left a tape running. Listeners on the island "
                            "say that by Thursday they had begun to like it."
                        ),
                        age_hours=28,
                    ),
                ),
            ),
            FeedSpec(
                path="/api/weekend.json",
                title="Northlight Weekend",
                format="json",
                carries="summary",
                section="weekend",
            ),
        ),
    ),
    Outlet(
        key="elbufer",
        title="Elbufer Zeitung",
        tagline="Aus der Stadt und vom Fluss",
        kind="newspaper",
        language="de",
        country="DE",
        template="regional.html",
        article_path="/lokales/{slug}.html",
        sections=("lokales",),
        feeds=(
            FeedSpec(
                path="/lokales.atom",
                title="Elbufer Zeitung: Lokales",
                format="atom",
                carries="summary",
                encoding="iso-8859-1",
            ),
        ),
    ),
    Outlet(
        key="basket",
        title="Newsbasket",
        tagline="Everything, picked up from everywhere",
        kind="aggregator",
        language="en",
        country="US",
        template="aggregator.html",
        article_path="/item/{slug}",
        sections=("picks",),
        feeds=(
            FeedSpec(
                path="/picks.xml",
                title="Newsbasket picks",
                format="rss2",
                carries="summary",
                etag=False,
                last_modified=False,
                stray=(
                    StrayEntry(
                        title="Minutes of the gardening club, page two",
                        link="http://10.20.30.40/intranet/minutes.html",
                        summary="Picked up from a link that a reader sent in.",
                        age_hours=12,
                    ),
                    StrayEntry(
                        title="Settings of the machine room",
                        link="http://169.254.169.254/latest/meta-data/",
                        summary="Picked up from a link that a reader sent in.",
                        age_hours=13,
                    ),
                    StrayEntry(
                        title="The longest queue for soup, printed large",
                        link="/print/the-longest-queue-for-soup",
                        summary=(
                            "Three streets and a bridge: people stood for two hours in the rain for a bowl of fish "
                            "soup, and most of them say that they would do so again."
                        ),
                        age_hours=16,
                    ),
                    *(
                        StrayEntry(title=title, link=f"{DEAD}{path}", summary=summary, age_hours=age_hours)
                        for title, path, summary, age_hours in (
                            (
                                "A crane driver's diary, week nine",
                                "/diary/week-nine",
                                "Fog, a stuck hook and a gull that has learned to ring the bell.",
                                33,
                            ),
                            (
                                "A crane driver's diary, week ten",
                                "/diary/week-ten",
                                "The gull has brought a friend, and the bell has been taken down.",
                                22,
                            ),
                            (
                                "A crane driver's diary, week eleven",
                                "/diary/week-eleven",
                                "Sun, and nothing to lift until Thursday.",
                                14,
                            ),
                        )
                    ),
                ),
            ),
        ),
        robots="User-agent: *\nDisallow: /print/\n",
    ),
    Outlet(
        key="bac",
        title="L'Écho du Bac",
        tagline="Des deux rives, chaque semaine",
        kind="newspaper",
        language="fr",
        country="FR",
        template="riverside.html",
        article_path="/articles/{slug}",
        sections=("rives",),
        feeds=(FeedSpec(path="/flux.xml", title="L'Écho du Bac", format="rss2", carries="summary"),),
    ),
    Outlet(
        key="vestnik",
        title="Береговой вестник",
        tagline="Газета посёлка и пристани",
        kind="newspaper",
        language="ru",
        country="KZ",
        template="settlement.html",
        article_path="/novosti/{number}",
        sections=("novosti",),
        feeds=(FeedSpec(path="/rss.xml", title="Береговой вестник", format="rss2", carries="summary"),),
        robots="User-agent: *\nDisallow: /arhiv/\n",
    ),
)
