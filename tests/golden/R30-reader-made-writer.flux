// fluxc: --emit=locks
// A reader around a writer writes, also where a handler that recovers is the writer, or where it was
// made a holder by early acquisition; one around an ending handler that writes goes on reading.
S () => (int n);
Look (int n) => (int n);
Change (int n) => (int n);
Mend (int n) => (int n);
Bury (int n) => ();
Last (int n) => ();
source S => Top;

Top = Around -> Recovered -> Ended -> Order -> Last;
Around = Through;
Through = Change;
atomic Around:{a?};
atomic Change:{a};

Recovered = Look;
handle error Look => Mend;
atomic Recovered:{b?};
atomic Mend:{b!};

Ended = Peek;
Peek (int n) => (int n);
handle error Peek => Bury;
atomic Ended:{c?};
atomic Bury:{c};

Order = Reader -> Writer;
Reader (int n) => (int n);
Writer (int n) => (int n);
atomic Order:{z};
atomic Reader:{d?};
atomic Writer:{d};
