// fluxc: -da
;;source Listen => Serve;;
;
Listen () => (int fd);
Serve (int fd) => ();;
