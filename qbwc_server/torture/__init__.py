"""The fault explorer: schedules of faults and human acts, played on a simulated QuickBooks, and a judge of the end."""
