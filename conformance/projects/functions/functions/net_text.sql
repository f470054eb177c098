{{ function('functions', 'add_tax') }}(amount::double)
