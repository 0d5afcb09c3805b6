"""All services of one city, put together once: what callbacks, the hub and the command line work with."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard import clock as clocks
from dashboard.access import Access
from dashboard.accounts import Accounts
from dashboard.areas import Areas
from dashboard.buckets import Buckets
from dashboard.calling.caller import Caller
from dashboard.calling.channels import set_up
from dashboard.calling.subscriptions import Subscriptions
from dashboard.catalogue import text
from dashboard.clips import Clips
from dashboard.clock import Clock
from dashboard.command import Commands
from dashboard.desk import Desk
from dashboard.dispatch.answers import Answers
from dashboard.dispatch.handing import Handing
from dashboard.dispatch.orders import Orders
from dashboard.dispatch.policies import Policies
from dashboard.dispatch.reach import Reach
from dashboard.fences.fences import Fences
from dashboard.fences.watcher import Watcher
from dashboard.handling import Handling
from dashboard.keys import follow_seal
from dashboard.links import Links
from dashboard.messages import Messages
from dashboard.offload import Offload
from dashboard.opening import open_database
from dashboard.photos import Photos
from dashboard.positions import Positions
from dashboard.settings import Settings
from dashboard.storage import Storage
from dashboard.tickets import KINDS, Tickets
from dashboard.tiling import Tiling
from dashboard.troubles import Troubles
from dashboard.units import Units
from dashboard.video import Video
from dashboard.warnings import Warnings
from datasources.bus import Bus, Names, open_bus
from datasources.channels.push_services import PushServices
from datasources.database import Database
from datasources.leadership import Leadership, open_leadership
from datasources.link_store import open_links
from datasources.shared_positions import open_shared_positions


@dataclass(frozen=True)
class City:
    """The services, by subject."""

    settings: Settings
    database: Database
    buckets: Buckets
    bus: Bus
    leadership: Leadership
    commands: Commands
    accounts: Accounts
    access: Access
    areas: Areas
    units: Units
    positions: Positions
    video: Video
    photos: Photos
    clips: Clips
    messages: Messages
    tickets: Tickets
    warnings: Warnings
    orders: Orders
    answers: Answers
    desk: Desk
    handling: Handling
    handing: Handing
    links: Links
    fences: Fences
    watcher: Watcher
    policies: Policies
    caller: Caller
    reach: Reach
    subscriptions: Subscriptions
    tiling: Tiling
    troubles: Troubles
    storage: Storage

    def refresh(self, topic: str) -> None:
        """Read anew what is kept in memory, after an import of `topic`."""
        if topic == "area":
            self.areas.refresh()
            self.tiling.refresh()
            # what hangs on areas may have moved with them
            self.positions.refresh()
            self.video.refresh()
        if topic == "unit":
            self.positions.refresh()
        if topic == "video":
            self.video.refresh()

    def secret_for(self, purpose: str) -> bytes:
        """A secret of this installation for something that must be signed, the same on every worker."""
        keyring = self.database.keyring
        if keyring is None:
            raise RuntimeError("the database was opened without a keyring")
        return keyring.secret_for(purpose)

    def close(self) -> None:
        """Let go of the database and the bus."""
        self.caller.close()
        self.leadership.close()
        self.positions.close()
        self.links.close()
        self.bus.close()
        self.database.close()


def build_city(
    settings: Settings, clock: Clock = clocks.now, offload: Offload = lambda function: function(), database: Database | None = None
) -> City:
    """Connect the services to the database and the bus of these settings. The database must be migrated."""
    database = database or open_database(settings, offload)
    follow_seal(database)
    names = Names(settings.redis_prefix)
    bus = open_bus(settings.redis_url, names)
    commands = Commands(database, bus, clock)
    areas = Areas(database)
    positions = Positions(database, areas, clock, open_shared_positions(settings.redis_url, names))
    troubles = Troubles(clock)
    storage = Storage(database, settings.data, troubles)
    photos = Photos(database, settings.data / "photos", clock, storage)
    clips = Clips(database, settings.data / "clips", clock, storage)
    policies = Policies(commands, areas, set_up(settings))
    desk = Desk(commands, areas)
    buckets = Buckets()
    answers = Answers(commands, areas, photos)
    tickets = Tickets(commands, areas, photos)
    orders = Orders(commands, areas, positions, policies, desk, buckets)
    titles = {kind: text(f"ticket.{kind}") for kind in KINDS}
    return City(
        settings=settings,
        database=database,
        buckets=buckets,
        bus=bus,
        leadership=open_leadership(database),
        commands=commands,
        accounts=Accounts(commands, offload, settings.second_factor),
        access=Access(database, areas),
        areas=areas,
        units=Units(commands, buckets),
        positions=positions,
        video=Video(database),
        photos=photos,
        clips=clips,
        messages=Messages(commands, areas, photos, clips, desk),
        tickets=tickets,
        warnings=Warnings(commands, areas),
        orders=orders,
        answers=answers,
        desk=desk,
        handling=Handling(areas, positions, policies, tickets, answers, desk, titles),
        fences=Fences(commands, areas),
        watcher=Watcher(commands, areas, positions, orders, tickets, offload),
        links=Links(commands, settings, open_links(settings.redis_url, names)),
        handing=Handing(commands, areas, answers, policies),
        policies=policies,
        caller=Caller(commands, areas, policies, answers, desk),
        reach=Reach(commands, areas, orders),
        subscriptions=Subscriptions(commands, PushServices(settings.push_services)),
        tiling=Tiling(database, settings.data / "tiles", troubles),
        troubles=troubles,
        storage=storage,
    )
