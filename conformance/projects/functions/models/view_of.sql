select {{ function('add_tax') }}(2) as a where false
