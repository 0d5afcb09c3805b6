// The kinds of tickets as a report offers them: what a storm brings first.

export const KINDS = ["waterlogging", "landslide", "drain_blocked", "fallen_tree", "road_damage", "dangerous_building", "person_in_need", "fire", "gas_leak", "power_failure", "other"];
