-- A coordinator is there, so Redis is. Makes the times at which Redis was away visible even when no worker is left to beat.
-- KEYS 1 epoch
-- Returns 1 while the registry is settling, else 0.
-- Keeps: a silence longer than the gap is noticed by whoever comes first after it.
-- include: rules
-- include: settling

return settling(KEYS[1], nowMs()) and 1 or 0
