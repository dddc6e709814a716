// bittorrent.flux - a BitTorrent peer: downloads a torrent, seeds it, makes one.
//
// A connection to a peer is one flow, and every turn of it is the same: wait, receive, obey each
// message, plan what to say, send. Only its own flow touches a socket; what all peers share is the
// `swarm`, held for moments, never while anything is waited for. The disk and SHA-1 are `blocking`.

%{
#include "bittorrent.h"
%}

initial Prepare;
final Finish;

// ---- a peer, whichever side has called ----------------------------------------------------------

source parallel Listen => Incoming finally Leave;
source Dial => Outgoing finally Leave;
Incoming = Enter -> Conversation;
Outgoing = Reach -> Enter -> Conversation;
await Reach: writable(socket) within patience;

Conversation = Exchange -> Part;
Exchange = Pause -> Receive -> Obey -> Plan -> Send;
repeat Exchange:[_, _, talking];

Pause:[_, _, eager] = ;                         // there is more to receive, or to send
Pause:[_, _, _] = Wait;
await Wait: readable(events) within patience;   // for the socket, or until another flow wakes it
handle error Wait => Elapse;

// What is half sent when a connection ends is sent to its end.
Part = Ending -> Goodbye;
Ending:[_, _, half_sent] = Room -> Flush;
Ending:[_, _, _] = ;
repeat Ending:[_, _, half_sent];
await Room: readable(events) within patience;
handle error Reach, Enter, Exchange => Part;
handle error Ending => Goodbye;

// ---- what a peer says ---------------------------------------------------------------------------

Obey = Heed -> Next;
repeat Obey:[_, _, message];

Heed:[_, _, request] = Queue;
Heed:[_, _, block] = Store;
Heed:[_, _, having] = Count;                    // have, bitfield, have all, have none
Heed:[_, _, state] = Mark;                      // choke, unchoke, interested, not interested
Heed:[_, _, revoked] = Revoke;                  // cancel, reject
Heed:[_, _, offer] = Ponder;                    // suggest, allowed fast
Heed:[_, _, handshake] = Meet;
Heed:[_, _, metadata] = Inform -> Learn;
Heed:[_, _, extended] = Extend;                 // the extensions' handshake, peer exchange
Heed:[_, _, _] = Ignore;

// The end of a magnet link: the info dictionary is there, and the torrent begins.
Learn:[_, _, informed] = Adopt -> Begin;
Learn:[_, _, _] = ;
handle error Adopt => Distrust;

// ---- pieces -------------------------------------------------------------------------------------

source Whole => Keep;                           // all its blocks have come
Keep = Hash -> Write -> Credit;
handle error Keep => Discard;

source Unverified => Verify;                    // what is on the disk: as many flows as CPUs
Verify = Check -> Conclude;
Check = Assign -> Digest -> Note;
repeat Check:[unchecked];

blocking Hash, Write, Digest, Conclude, Adopt, Show;

// ---- clocks -------------------------------------------------------------------------------------

source every 250 ms => Tend;                    // rates, deadlines, peers to be dialled or woken
source every 10 s => Choke;                     // tit for tat

source every 250 ms => Announce;
Announce = Look -> Ask -> Gain;
Ask:[http] = AskHttp;
Ask:[udp] = AskUdp;
Ask:[_] = ;                                     // it is not yet time
handle error Ask => Postpone;                   // the next tracker, or later

source every 1 s => Report;
Report = Measure -> Show;

// ---- what is shared -----------------------------------------------------------------------------

atomic Enter:{swarm};    atomic Meet:{swarm};    atomic Queue:{swarm?};   atomic Store:{swarm};
atomic Count:{swarm};    atomic Mark:{swarm};    atomic Revoke:{swarm};   atomic Ponder:{swarm};
atomic Inform:{swarm};   atomic Extend:{swarm};  atomic Begin:{swarm};    atomic Distrust:{swarm};
atomic Plan:{swarm};     atomic Leave:{swarm};   atomic Credit:{swarm};   atomic Discard:{swarm};
atomic Assign:{swarm};   atomic Note:{swarm};    atomic Tend:{swarm};     atomic Choke:{swarm};
atomic Look:{swarm};     atomic Gain:{swarm};    atomic Measure:{swarm?};

// ---- nodes, and questions -----------------------------------------------------------------------

Prepare () => ();                       Finish () => ();
Listen () => (int socket, int patience, swarm_peer *peer);
Dial () => (int socket, int patience, swarm_peer *peer);
Reach (int socket, int patience, swarm_peer *peer) => (int socket, int patience, swarm_peer *peer);
Enter (int socket, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Wait (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Elapse (int events, int patience, swarm_peer *peer, int error)
    => (int events, int patience, swarm_peer *peer);
Receive (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Next (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Queue (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Store (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Count (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Mark (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Revoke (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Ponder (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Meet (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Inform (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Adopt (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Begin (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Distrust (int events, int patience, swarm_peer *peer, int error)
    => (int events, int patience, swarm_peer *peer);
Extend (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Ignore (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Plan (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Send (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Room (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Flush (int events, int patience, swarm_peer *peer) => (int events, int patience, swarm_peer *peer);
Goodbye (int events, int patience, swarm_peer *peer) => ();
Leave (int socket, int patience, swarm_peer *peer) => ();

Whole () => (partial_piece *piece);     Hash (partial_piece *piece) => (partial_piece *piece);
Credit (partial_piece *piece) => ();    Write (partial_piece *piece) => (partial_piece *piece);
Discard (partial_piece *piece, int error) => ();
Unverified () => (int64_t piece);       Digest (int64_t piece) => (int64_t piece, bool good);
Conclude (int64_t piece) => ();         Assign (int64_t piece) => (int64_t piece);
Note (int64_t piece, bool good) => (int64_t piece);

Tend () => ();                          Choke () => ();
Look () => (announcement *news);        AskHttp (announcement *news) => (announcement *news);
Gain (announcement *news) => ();        AskUdp (announcement *news) => (announcement *news);
Postpone (announcement *news, int error) => (announcement *news);
Measure () => (progress *now);          Show (progress *now) => ();

typedef talking IsTalking;      typedef eager IsEager;          typedef half_sent IsHalfSent;
typedef message HasMessage;     typedef request IsRequest;      typedef block IsBlock;
typedef having IsHaving;        typedef state IsState;          typedef revoked IsRevoked;
typedef offer IsOffer;          typedef handshake IsHandshake;  typedef metadata IsMetadata;
typedef extended IsExtended;    typedef informed IsInformed;    typedef unchecked IsUnchecked;
typedef http IsHttp;            typedef udp IsUdp;
