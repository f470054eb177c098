select {{ function('plain') }}(1) as a
