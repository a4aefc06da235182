"""What is known about moving an Auth0 tenant to the Unified Phone Experience. No Prefect, no pandas, no printing."""
