"""libtorrent_get.py TORRENT DIR TRACKER - downloads it with libtorrent as it is by default, and ends."""

import sys

import libtorrent

torrent, folder, tracker = sys.argv[1:]
session = libtorrent.session({
    "listen_interfaces": "127.0.0.1:0", "enable_dht": False, "enable_lsd": False,
    "enable_upnp": False, "enable_natpmp": False, "enable_incoming_utp": False,
    "enable_outgoing_utp": False, "allow_multiple_connections_per_ip": True,
    "alert_mask": libtorrent.alert.category_t.status_notification,
})
what = libtorrent.add_torrent_params()
what.ti = libtorrent.torrent_info(torrent)
what.save_path = folder
what.trackers = [tracker]
session.add_torrent(what)
while True:
    session.wait_for_alert(1000)
    for alert in session.pop_alerts():
        if isinstance(alert, libtorrent.torrent_finished_alert):
            sys.exit(0)
        if isinstance(alert, libtorrent.torrent_error_alert):
            sys.exit(str(alert))
