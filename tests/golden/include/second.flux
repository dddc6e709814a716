Serve = Read -> Done;
