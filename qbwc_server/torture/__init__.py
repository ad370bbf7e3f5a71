"""The fault explorer: schedules of faults and human acts, played against a simulated QuickBooks, and a judge of the end."""
