"""How each kind of export is prepared; one file a kind."""
